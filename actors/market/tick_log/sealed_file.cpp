#include "actors/market/tick_log/sealed_file.hpp"

#include "actors/market/tick_log/record_format.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view ticks_magic = "TMTICKS3";
constexpr std::string_view rejected_magic = "TMREJEC1";
constexpr std::size_t buffered_bytes = 1 << 20;
constexpr std::size_t chunk_bytes_max = 256 << 10;
constexpr std::size_t chunk_header_bytes = 12;
constexpr std::uint64_t index_entries_max = 1 << 24;
constexpr int sealing_compression = 1;

struct trailer {
  std::uint64_t index_offset = 0;
  std::uint64_t entries = 0;
  std::uint64_t checksum = 0; ///< of the index as it is in the file
  std::uint64_t own_checksum = 0;
};

std::uint64_t checksum_of(const trailer& t) {
  return XXH3_64bits(&t, sizeof t - sizeof t.own_checksum);
}

std::string compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  auto size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), sealing_compression);
  out.resize(size);
  return out;
}

bool decompress(std::string_view bytes, char* to, std::size_t size) {
  auto got = ZSTD_decompress(to, size, bytes.data(), bytes.size());
  return !ZSTD_isError(got) && got == size;
}

fs::path temporary(const fs::path& path) {
  auto out = path;
  out += temporary_suffix;
  return out;
}

tl::unexpected<fault> damaged(const fs::path& path, std::uint64_t offset, std::string_view what) {
  return fail(fmt::format("{}: offset {}: {}", path.string(), offset, what));
}

} // namespace

block_entry describe_block(symbol_id symbol, const tick_block_builder& block) {
  block_entry out;
  out.symbol = symbol.value;
  out.count = static_cast<std::uint32_t>(block.count());
  auto last = block.count() - 1;
  out.first_number = block.number(0).value;
  out.last_number = block.number(last).value;
  out.begin_ns = block.effective_ns(0);
  out.end_ns = block.effective_ns(last);
  return out;
}

sealed_writer::sealed_writer(file_system& files, fs::path path, log_file file)
    : files_(&files), path_(std::move(path)), file_(std::move(file)), buffer_(ticks_magic) {}

result<sealed_writer> sealed_writer::create(file_system& files, const fs::path& path) {
  auto file = log_file::open(files, temporary(path), O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return tl::make_unexpected(file.error());
  return sealed_writer{files, path, std::move(*file)};
}

result<void> sealed_writer::flush() {
  if (auto done = file_.write(buffer_, written_); !done) return done;
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

result<void> sealed_writer::write_block(symbol_id symbol, tick_block_builder& block) {
  auto entry = describe_block(symbol, block);
  auto begin = buffer_.size();
  entry.offset = written_ + begin;
  block.finish(symbol, buffer_);
  entry.bytes = static_cast<std::uint32_t>(buffer_.size() - begin);
  index_.push_back(entry);
  return buffer_.size() < buffered_bytes ? result<void>{} : flush();
}

result<std::uint64_t> sealed_writer::finish() {
  auto index =
      compress({reinterpret_cast<const char*>(index_.data()), index_.size() * sizeof(block_entry)});
  trailer end{written_ + buffer_.size(), index_.size(), XXH3_64bits(index.data(), index.size()), 0};
  end.own_checksum = checksum_of(end);
  buffer_ += index;
  buffer_.append(reinterpret_cast<const char*>(&end), sizeof end);
  if (auto done = flush(); !done) return tl::make_unexpected(done.error());
  if (auto done = file_.sync_data(); !done) return tl::make_unexpected(done.error());
  if (files_->rename(temporary(path_), path_) != 0)
    return file_fault(path_, "the file can't be put in place");
  return written_;
}

result<sealed_reader> sealed_reader::open(file_system& files, const fs::path& path) {
  auto file = log_file::open(files, path, O_RDONLY);
  if (!file) return tl::make_unexpected(file.error());
  auto size = file->size();
  if (!size) return tl::make_unexpected(size.error());
  trailer end;
  if (*size < ticks_magic.size() + sizeof end) return damaged(path, 0, "the file is cut off");
  auto trailer_at = *size - sizeof end;
  auto got = file->read(reinterpret_cast<char*>(&end), sizeof end, trailer_at);
  if (!got) return tl::make_unexpected(got.error());
  if (*got != sizeof end || end.own_checksum != checksum_of(end) || end.index_offset > trailer_at ||
      end.entries > std::min(index_entries_max, end.index_offset / block_header_bytes))
    return damaged(path, trailer_at, "the end of the file is damaged");
  std::string index(trailer_at - end.index_offset, '\0');
  got = file->read(index.data(), index.size(), end.index_offset);
  if (!got) return tl::make_unexpected(got.error());
  sealed_reader out{std::move(*file), end.index_offset};
  out.index_.resize(end.entries);
  if (*got != index.size() || XXH3_64bits(index.data(), index.size()) != end.checksum ||
      !decompress(index, reinterpret_cast<char*>(out.index_.data()),
                  out.index_.size() * sizeof(block_entry)))
    return damaged(path, end.index_offset, "the index is damaged");
  std::string magic(ticks_magic.size(), '\0');
  got = out.file_.read(magic.data(), magic.size(), 0);
  if (!got) return tl::make_unexpected(got.error());
  if (magic != ticks_magic) return damaged(path, 0, "the file does not begin as a ticks file");
  return out;
}

result<void> sealed_reader::read_block(const block_entry& entry, std::string& bytes,
                                       tick_block_reader& block) const {
  if (entry.offset > blocks_end_ || entry.bytes > blocks_end_ - entry.offset)
    return damaged(file_.path(), entry.offset, "the index names a block beyond the blocks");
  bytes.resize(entry.bytes);
  auto got = file_.read(bytes.data(), bytes.size(), entry.offset);
  if (!got) return tl::make_unexpected(got.error());
  if (*got != bytes.size()) return damaged(file_.path(), entry.offset, "the block is cut off");
  if (auto done = block.read(bytes); !done)
    return damaged(file_.path(), entry.offset, done.error().message);
  if (block.symbol().value != entry.symbol || block.count() != entry.count)
    return damaged(file_.path(), entry.offset, "the block is not the one that the index names");
  return {};
}

void rejected_writer::add(record_number record, std::string_view rejected_run) {
  append_varint(chunk_, record.value);
  append_varint(chunk_, rejected_run.size());
  chunk_ += rejected_run;
  if (chunk_.size() >= chunk_bytes_max) end_chunk();
}

void rejected_writer::end_chunk() {
  if (bytes_.empty()) bytes_ = rejected_magic;
  if (chunk_.empty()) return;
  std::string body;
  append_varint(body, chunk_.size());
  body += compress(chunk_);
  auto checksum = XXH3_64bits(body.data(), body.size());
  auto length = static_cast<std::uint32_t>(body.size());
  bytes_.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  bytes_.append(reinterpret_cast<const char*>(&length), sizeof length);
  bytes_ += body;
  chunk_.clear();
}

result<std::uint64_t> rejected_writer::finish(file_system& files, const fs::path& path) {
  end_chunk();
  if (auto done = replace_file(files, path, bytes_); !done)
    return tl::make_unexpected(done.error());
  return bytes_.size();
}

result<void>
read_rejected(file_system& files, const fs::path& path,
              const std::function<result<void>(record_number, std::string_view)>& visit) {
  auto text = read_file(files, path);
  if (!text) return tl::make_unexpected(text.error());
  std::string_view rest = *text;
  if (!rest.starts_with(rejected_magic))
    return damaged(path, 0, "the file is missing or does not begin as one of rejected ticks");
  rest.remove_prefix(rejected_magic.size());
  std::string chunk;
  while (!rest.empty()) {
    auto offset = text->size() - rest.size();
    std::uint64_t checksum = 0, size = 0;
    std::uint32_t length = 0;
    if (rest.size() < chunk_header_bytes) return damaged(path, offset, "the chunk is cut off");
    std::memcpy(&checksum, rest.data(), sizeof checksum);
    std::memcpy(&length, rest.data() + sizeof checksum, sizeof length);
    rest.remove_prefix(chunk_header_bytes);
    if (rest.size() < length) return damaged(path, offset, "the chunk is cut off");
    auto body = rest.substr(0, length);
    rest.remove_prefix(length);
    if (XXH3_64bits(body.data(), body.size()) != checksum)
      return damaged(path, offset, "the checksum of the chunk does not fit its content");
    if (!take_varint(body, size) || size > record_bytes_max + chunk_bytes_max)
      return damaged(path, offset, "the chunk's size");
    chunk.resize(size);
    if (!decompress(body, chunk.data(), size))
      return damaged(path, offset, "the chunk does not decompress");
    std::string_view items = chunk;
    while (!items.empty()) {
      std::uint64_t record = 0, bytes = 0;
      if (!take_varint(items, record) || !take_varint(items, bytes) || bytes > items.size())
        return damaged(path, offset, "the chunk's content");
      if (auto done = visit(record_number{record}, items.substr(0, bytes)); !done) return done;
      items.remove_prefix(bytes);
    }
  }
  return {};
}

namespace {

result<void> check_size(file_system& files, const fs::path& path, std::uint64_t bytes) {
  auto file = log_file::open(files, path, O_RDONLY);
  if (!file) return tl::make_unexpected(file.error());
  auto size = file->size();
  if (!size) return tl::make_unexpected(size.error());
  if (*size != bytes)
    return damaged(path, *size,
                   fmt::format("the file has {} bytes, in the list of the day {}", *size, bytes));
  return {};
}

} // namespace

result<void> check_sealed_files(file_system& files, const fs::path& day,
                                const sealed_segment& entry, bool thorough) {
  auto ticks = day / ticks_name(entry.first), rejected = day / rejected_name(entry.first);
  if (auto done = check_size(files, ticks, entry.tick_bytes); !done) return done;
  if (entry.rejected_bytes > 0)
    if (auto done = check_size(files, rejected, entry.rejected_bytes); !done) return done;
  if (!thorough) return {};
  auto reader = sealed_reader::open(files, ticks);
  if (!reader) return tl::make_unexpected(reader.error());
  std::string bytes;
  tick_block_reader block;
  for (auto& b : reader->index())
    if (auto done = reader->read_block(b, bytes, block); !done) return done;
  if (entry.rejected_bytes == 0) return {};
  return read_rejected(files, rejected, [](auto&&...) { return result<void>{}; });
}

} // namespace tickmesh
