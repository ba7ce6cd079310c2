#include "live_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "mapping_text.hpp"
#include "phrase.hpp"

namespace innernet::client {
namespace {

constexpr std::string_view kUnknown = "-";
constexpr std::size_t kGap = 2;
// Names may have 253 characters.
constexpr std::size_t kWidestCell = 24;

struct Column {
  std::string_view title;
  std::string LiveRow::* cell;
  bool is_number = false;
  int left_out = 0;  ///< when the terminal is too narrow: 1 first; 0: never
};

constexpr std::array<Column, 8> kColumns{{
    {.title = "PEER", .cell = &LiveRow::peer},
    {.title = "ADDRESS", .cell = &LiveRow::address, .left_out = 2},
    {.title = "WAY", .cell = &LiveRow::way},
    {.title = "ENDPOINT", .cell = &LiveRow::endpoint, .left_out = 1},
    {.title = "HANDSHAKE", .cell = &LiveRow::handshake, .is_number = true, .left_out = 3},
    {.title = "RECEIVED/s", .cell = &LiveRow::received, .is_number = true, .left_out = 5},
    {.title = "SENT/s", .cell = &LiveRow::sent, .is_number = true, .left_out = 5},
    {.title = "ROUND TRIP", .cell = &LiveRow::round_trip, .is_number = true, .left_out = 4},
}};

std::string short_age(std::chrono::nanoseconds age) {
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}d{:02}h", seconds / 86'400, seconds / 3600 % 24);
}

std::string rate_text(double bytes) { return size(static_cast<std::uint64_t>(std::max(bytes, 0.0))); }

LiveRow live_row(const PeerRow& row, const NetworkView& view, const Rates& rates) {
  LiveRow out;
  out.peer = row.name;
  out.address = row.ip ? row.ip->to_string() : std::string(kUnknown);
  out.is_connected = row.way != Way::kNone;
  out.way = row.way == Way::kDirect    ? "direct"
            : row.way == Way::kRelayed ? "relay " + row.relayed_by.value_or("unknown")
                                       : std::string(kUnknown);
  out.endpoint = row.on_device->endpoint ? row.on_device->endpoint->to_string() : std::string(kUnknown);
  const auto age = row.on_device->last_handshake ? age_of(*row.on_device->last_handshake, view.now) : std::nullopt;
  out.handshake = age ? short_age(*age) : std::string(kUnknown);
  const auto rate = rates.of(row.public_key);
  out.received = rate ? rate_text(rate->received) : std::string(kUnknown);
  out.sent = rate ? rate_text(rate->sent) : std::string(kUnknown);
  out.round_trip = !row.round_trip ? std::string(kUnknown) : *row.round_trip ? milliseconds(**row.round_trip) : "no answer";
  return out;
}

struct Layout {
  std::vector<const Column*> columns;
  std::vector<std::size_t> widths;

  std::size_t width() const {
    std::size_t sum = columns.empty() ? 0 : kGap * (columns.size() - 1);
    for (const std::size_t width : widths) sum += width;
    return sum;
  }
  void leave_out(int turn) {
    for (std::size_t i = columns.size(); i-- > 0;) {
      if (columns[i]->left_out != turn) continue;
      columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(i));
      widths.erase(widths.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
};

std::string_view cell_of(const LiveRow& row, const Column& column) { return row.*column.cell; }

// Everything in a cell is ASCII: names of peers are hostnames.
std::size_t widest(const Column& column) {
  return column.cell == &LiveRow::endpoint || column.cell == &LiveRow::address ? 50 : kWidestCell;
}

Layout layout_of(const std::vector<LiveNetwork>& networks, std::size_t columns) {
  Layout layout;
  for (const Column& column : kColumns) {
    std::size_t width = column.title.size();
    for (const LiveNetwork& network : networks)
      for (const LiveRow& row : network.rows) width = std::max(width, std::min(cell_of(row, column).size(), widest(column)));
    layout.columns.push_back(&column);
    layout.widths.push_back(width);
  }
  for (int turn = 1; turn <= 5 && layout.width() > columns; ++turn) layout.leave_out(turn);
  return layout;
}

template <class Cell>
std::string line_of(const Layout& layout, Cell cell) {
  std::string out;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const Column& column = *layout.columns[i];
    std::string text(cell(column));
    if (text.size() > layout.widths[i]) text = text.substr(0, layout.widths[i] - 1) + "~";
    if (i > 0) out.append(kGap, ' ');
    out += column.is_number ? fmt::format("{:>{}}", text, layout.widths[i]) : fmt::format("{:<{}}", text, layout.widths[i]);
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

struct Picture {
  std::vector<prompt::Line> lines;
  std::size_t left_out = 0;  ///< peers
};

Picture picture_of(const std::vector<LiveNetwork>& networks, std::size_t rows, std::size_t columns) {
  const Layout layout = layout_of(networks, columns);
  Picture picture;
  for (const LiveNetwork& network : networks) {
    const auto connected = std::ranges::count(network.rows, true, &LiveRow::is_connected);
    const auto has_room = [&] { return picture.lines.size() < rows; };
    if (!picture.lines.empty() && has_room()) picture.lines.push_back({});
    if (has_room())
      picture.lines.push_back({fmt::format("{}: {} of {} peers connected{}{}", network.name, connected, network.rows.size(),
                                           network.port.empty() ? "" : "; ", network.port),
                               prompt::LineStyle::kTitle});
    if (has_room())
      picture.lines.push_back({line_of(layout, [](const Column& column) { return column.title; }), prompt::LineStyle::kFaint});
    for (const LiveRow& row : network.rows) {
      if (!has_room()) {
        ++picture.left_out;
        continue;
      }
      picture.lines.push_back({line_of(layout, [&](const Column& column) { return cell_of(row, column); }),
                               row.is_connected ? prompt::LineStyle::kPlain : prompt::LineStyle::kFaint});
    }
  }
  return picture;
}

}  // namespace

void Rates::look(const wg::Device& device, BootTime now) {
  const double elapsed = std::chrono::duration<double>(now - last_).count();
  std::unordered_map<wg::PublicKey, Seen> seen;
  for (const wg::Peer& peer : device.peers) {
    Seen& here = seen[peer.public_key];
    here = {.received = peer.received_bytes, .sent = peer.sent_bytes};
    const auto before = seen_.find(peer.public_key);
    if (before == seen_.end() || elapsed <= 0) continue;
    if (peer.received_bytes < before->second.received || peer.sent_bytes < before->second.sent) continue;
    here.rate = Rate{.received = static_cast<double>(peer.received_bytes - before->second.received) / elapsed,
                     .sent = static_cast<double>(peer.sent_bytes - before->second.sent) / elapsed};
  }
  seen_ = std::move(seen);
  last_ = now;
}

std::optional<Rate> Rates::of(const wg::PublicKey& peer) const {
  const auto found = seen_.find(peer);
  return found == seen_.end() ? std::nullopt : found->second.rate;
}

LiveNetwork live_network(const NetworkView& view, const Rates& rates) {
  LiveNetwork out{.name = view.device.name.str(), .rows = {}, .port = mapping_headline(view.mapping)};
  const auto rows = peer_rows(view);
  std::vector<LiveRow> others;
  for (const PeerRow& row : rows) {
    if (row.is_you()) continue;
    LiveRow shown = live_row(row, view, rates);
    (shown.is_connected ? out.rows : others).push_back(std::move(shown));
  }
  std::ranges::move(others, std::back_inserter(out.rows));
  return out;
}

std::vector<prompt::Line> live_picture(const std::vector<LiveNetwork>& networks, const prompt::Size& size) {
  Picture picture = picture_of(networks, size.rows - std::min<std::size_t>(size.rows, 1), size.columns);
  if (size.rows == 0) return {};
  picture.lines.push_back({picture.left_out > 0 ? fmt::format("{} more; q ends", picture.left_out) : "q ends", prompt::LineStyle::kFaint});
  return std::move(picture.lines);
}

std::string live_text(const std::vector<LiveNetwork>& networks) {
  constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  std::string text;
  const Picture picture = picture_of(networks, kAll, kAll);
  for (const prompt::Line& line : picture.lines) text += line.text + '\n';
  return text;
}

}  // namespace innernet::client
