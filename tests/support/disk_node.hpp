// A file or a directory of a simulated disk: what it holds in the page cache, and what of that
// would survive the loss of power. For simulated_disk.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickmesh {

/// What a file or a directory holds, in the page cache and for good.
class disk_node {
public:
  using pointer = std::shared_ptr<disk_node>;
  using name_table = std::map<std::string, pointer, std::less<>>;

  explicit disk_node(bool is_a_directory) : is_directory(is_a_directory) {}

  // A file.

  std::string_view bytes() const { return cached_; }

  void write(std::string_view text, std::uint64_t offset) {
    if (offset < synced_bytes_) {
      keep_synced();
      is_overwritten_ = true;
    }
    if (offset > cached_.size()) cached_.resize(offset);
    auto place = static_cast<std::size_t>(offset);
    auto inside = std::min(text.size(), cached_.size() - place);
    std::memcpy(cached_.data() + place, text.data(), inside);
    cached_.append(text.substr(inside));
  }

  void truncate(std::uint64_t size) {
    if (size < synced_bytes_) {
      keep_synced();
      synced_bytes_ = size;
    }
    cached_.resize(size);
  }

  // A directory.

  const name_table& names() const { return names_; }

  pointer find(std::string_view name) const {
    auto found = names_.find(name);
    return found == names_.end() ? nullptr : found->second;
  }

  void set_name(std::string name, pointer node) {
    names_[name] = node;
    changes_.push_back({std::move(name), std::move(node), name_change::is_set});
  }

  void remove_name(std::string_view name) {
    auto found = names_.find(name);
    changes_.push_back({found->first, found->second, name_change::is_removed});
    names_.erase(found);
  }

  void rename(std::string_view from, std::string to) {
    auto found = names_.find(from);
    auto node = std::move(found->second);
    names_.erase(found);
    names_[to] = node;
    changes_.push_back({std::move(to), std::move(node), name_change::is_moved});
  }

  // Both.

  void sync() {
    for (auto& change : changes_)
      apply(change);
    changes_.clear();
    synced_bytes_ = cached_.size();
    synced_.reset();
    is_overwritten_ = false;
  }

  /// Keeps what was synced, and of the rest what is drawn; so in all that is below.
  void lose_power(std::mt19937_64& random) {
    for (auto& change : changes_)
      if (random() % 2 == 0) apply(change);
    changes_.clear();
    names_ = synced_names_;
    lose_content(random);
    sync();
    for (auto& [name, node] : names_) {
      node->is_named = true;
      node->lose_power(random);
    }
  }

  const bool is_directory;
  int locked_by = 0;    ///< a descriptor; 0: none
  bool is_named = true; ///< false: unlinked
  std::uint64_t opens = 0;

private:
  struct name_change {
    enum what : std::uint8_t { is_set, is_removed, is_moved };
    std::string name;
    pointer node;
    what kind;
  };

  /// To the names that are there for good. A change before it may have been lost.
  void apply(const name_change& change) {
    auto& [name, node, kind] = change;
    if (kind == name_change::is_removed) {
      auto found = synced_names_.find(name);
      if (found != synced_names_.end() && found->second == node) synced_names_.erase(found);
      return;
    }
    if (kind == name_change::is_moved)
      std::erase_if(synced_names_, [&node = node](auto& entry) { return entry.second == node; });
    synced_names_[name] = node;
  }

  /// Before bytes change that are there for good.
  void keep_synced() {
    if (!synced_) synced_ = cached_.substr(0, synced_bytes_);
  }

  void lose_content(std::mt19937_64& random) {
    if (!synced_ && synced_bytes_ == cached_.size()) return;
    auto which = random() % 3;
    if (which == 0) return; // all of it was on the disk
    if (which == 1 && !is_overwritten_) return tear(random);
    if (synced_)
      cached_ = *synced_;
    else
      cached_.resize(synced_bytes_);
  }

  /// Of what was appended a part is there, and the last of it may be zeros.
  void tear(std::mt19937_64& random) {
    auto appended = cached_.size() - synced_bytes_;
    auto kept = random() % (appended + 1);
    auto zeros = random() % 2 == 0 ? random() % (kept + 1) : 0;
    cached_.resize(synced_bytes_ + kept - zeros);
    cached_.resize(synced_bytes_ + kept);
  }

  std::string cached_;
  std::uint64_t synced_bytes_ = 0;    ///< so many of the first bytes are there for good
  std::optional<std::string> synced_; ///< what is, where that is not the same
  bool is_overwritten_ = false;       ///< some of those, in place

  name_table names_;
  name_table synced_names_;
  std::vector<name_change> changes_; ///< since the last sync, in order
};

} // namespace tickmesh
