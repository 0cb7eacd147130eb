// What a sender and a socket source say to each other, as bytes: no sockets, threads or clocks
// here.
//
//   sender                                    source
//     <------------------- hello,1,RESUME_AFTER,DAY
//     login,NAME[,TOKEN] | day,YYYYMMDD ------>           (both optional, the login first)
//     position,timestamp,symbol,kind,...  ---->           (csv: the header, once)
//     POSITION,ROW | mark,TIME | gap,FIRST,LAST | day,YYYYMMDD | ping ->
//     <-- ack,POSITION | day,YYYYMMDD | rejected,POSITION,REASON
//     end -------------------------------------->
//     <------------------------------------ closing,REASON
//
// Positions follow on, from RESUME_AFTER + 1 or any earlier one; what is lost for good is a gap.
// They are numbers of the sender's day, DAY at first (yyyymmdd; 0: none is known). A sender that
// tells of its day may begin again with 1 behind a later one; acknowledgements are then of the last
// day that the source has told. One that tells of none begins again on a new connection, when the
// first record's trading day is later than all before. RESUME_AFTER is 0 when the sender has ended
// DAY. The Protobuf form of the same conversation is messages/proto/feed.proto.
#pragma once

#include "actors/market/feed/live_position.hpp"
#include "actors/market/market_settings.hpp"
#include "messages/result.hpp"
#include "messages/tick.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

inline constexpr std::uint32_t socket_protocol_version = 1;

/// One thing that a sender said.
struct sender_item {
  enum class kind : std::uint8_t {
    record,
    malformed, ///< a record whose position is good and whose rest is not
    mark,      ///< nothing with an earlier event time follows
    gap,       ///< positions that the sender has lost
    login,
    day, ///< the numbers behind it are of this day
    ping,
    end, ///< nothing follows
  };
  kind is = kind::ping;
  std::uint64_t number = 0;    ///< of a record; the last one of a gap
  std::uint64_t gap_first = 0; ///< the first one of a gap
  tick record{};               ///< its symbol's id is not set
  std::string symbol;          ///< of a record
  timestamp mark{};
  std::int32_t day = 0;    ///< yyyymmdd
  std::string name, token; ///< of a login, as they came
  std::string reason;      ///< why a record is malformed
};

/// The source's end of one connection: takes bytes in any pieces, gives items, writes replies.
class socket_protocol {
public:
  virtual ~socket_protocol() = default;

  /// Takes the next bytes. Memory is bounded if the caller empties `next` before it takes more.
  void receive(std::string_view bytes);

  /// The next item; false when more bytes are needed. After a fault, which says why the connection
  /// has to be closed, nothing more can be read. Numbers rise strictly within a day.
  result<bool> next(sender_item& out);

  /// True when a message has begun and is not complete, or when the csv header is still to come.
  bool is_inside_message() const { return begin_ < buffer_.size() || awaits_header(); }

  /// The last number of the sender's present day; 0 before the first.
  std::uint64_t last_number() const { return last_number_; }

  virtual void append_hello(std::string& out, const live_position& resume_after) const = 0;
  /// Acknowledgements behind it are of this day.
  virtual void append_day(std::string& out, std::int32_t day) const = 0;
  virtual void append_ack(std::string& out, std::uint64_t number) const = 0;
  virtual void append_rejected(std::string& out, std::uint64_t number,
                               std::string_view reason) const = 0;
  virtual void append_closing(std::string& out, std::string_view reason) const = 0;

protected:
  /// A complete message at the start of the bytes that have not been read.
  struct frame {
    std::string_view body;
    std::size_t size = 0; ///< with what frames it
  };

  virtual bool awaits_header() const { return false; }

  /// Nothing when more bytes are needed.
  virtual result<std::optional<frame>> find_frame(std::string_view bytes) const = 0;

  /// False when the message says nothing to others, as the csv header.
  virtual result<bool> interpret(std::string_view body, sender_item& out) = 0;

private:
  result<void> check_order(const sender_item& item);
  result<void> check_number(const sender_item& item);

  std::string buffer_;
  std::size_t begin_ = 0; ///< of what has not been read
  std::uint64_t last_number_ = 0;
  std::int32_t day_ = 0; ///< as the sender has told it
  bool begun_ = false;   ///< something was said
  bool ended_ = false;
};

/// `message_bytes_max` bounds a line without its line break, or a message without its length.
std::unique_ptr<socket_protocol> make_socket_protocol(socket_format format,
                                                      std::size_t message_bytes_max);
std::unique_ptr<socket_protocol> make_csv_socket_protocol(std::size_t line_bytes_max);
std::unique_ptr<socket_protocol> make_protobuf_socket_protocol(std::size_t message_bytes_max);

} // namespace tickmesh
