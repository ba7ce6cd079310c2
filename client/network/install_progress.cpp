#include "install_progress.hpp"

namespace innernet::client {

Redeeming redeeming_of(const Answer<void>& answer, bool was_sent) {
  if (answer) return Redeeming::kDone;
  if (!was_sent) return Redeeming::kNotAsked;
  return answer.error().is_refusal() ? Redeeming::kRefused : Redeeming::kUnknown;
}

CleanUp clean_up_after(const InstallProgress& failed) {
  if (failed.has_config) return {};
  // To one that goes on, "it has been used" says nothing: the earlier one may have used it, with the key in this very file.
  const bool server_lacks_key =
      !failed.asked_before && (failed.redeeming == Redeeming::kNotAsked || failed.redeeming == Redeeming::kRefused);
  return {.removes_interface = failed.made_interface, .removes_pending_file = server_lacks_key};
}

}  // namespace innernet::client
