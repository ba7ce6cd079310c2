#pragma once

#include <map>

#include "innernet/base/clock.hpp"
#include "innernet/base/interface_name.hpp"

namespace innernet::client {

/// Which interfaces have gone while the daemon looks after them: somebody took one down, or its userspace process has ended. Whose worker
/// is told makes it anew, at most once in five seconds should it go again and again.
class MissedInterfaces {
 public:
  /// What was found of an interface. True: its worker is to be told now. One that was never there is missed by nobody.
  bool see(const InterfaceName& name, bool is_there, BootTime now);
  /// Nobody looks after it any longer.
  void forget(const InterfaceName& name) { interfaces_.erase(name); }
  /// When to look again at the latest, since somebody could not be told yet; BootTime::max() if nobody.
  BootTime due() const;

 private:
  struct Seen {
    bool is_there = false;
    bool is_missed = false;  // gone, and the worker does not know yet
    BootTime next_telling{};
  };
  std::map<InterfaceName, Seen> interfaces_;
};

}  // namespace innernet::client
