#pragma once

#include "innernet/client/rest_client.hpp"

namespace innernet::client {

/// What became of the request that tells the server of the new key.
enum class Redeeming {
  kNotAsked,  ///< nothing of it has left this machine
  kUnknown,   ///< asked, and not refused: the server may have taken the key
  kDone,
  kRefused,  ///< the server has not taken the key because of this request
};
/// `was_sent`: RestClient::last_request_was_sent().
Redeeming redeeming_of(const Answer<void>& answer, bool was_sent);

/// How far an install has got, as far as it matters to what it leaves behind when it fails.
struct InstallProgress {
  bool has_config = false;      ///< an earlier install got as far as NAME.conf
  bool asked_before = false;    ///< with this key, by an earlier install or by this one, and may have been heard
  bool made_interface = false;  ///< it is there because of us
  Redeeming redeeming = Redeeming::kNotAsked;
};

struct CleanUp {
  bool removes_interface = false;
  bool removes_pending_file = false;

  friend bool operator==(const CleanUp&, const CleanUp&) = default;
};
/// Back to where it was, but for a key that the server may know: the pending file then holds its only copy.
CleanUp clean_up_after(const InstallProgress& failed);

}  // namespace innernet::client
