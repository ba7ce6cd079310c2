#pragma once

#include "innernet/client/network_lock.hpp"

namespace innernet::client {

/// The network's lock, as a round holds it: not while it waits for the server, which may take its time.
class RoundLock {
 public:
  static Result<RoundLock> take(Folders folders, const InterfaceName& name, const Stop* stop) {
    RoundLock lock(std::move(folders), name, stop);
    TRY_VOID(lock.take_again());
    return lock;
  }

  void let_go() { lock_.reset(); }
  Result<void> take_again() {
    TRY(FileLock lock, lock_network(folders_, name_, stop_, ReadOnly::kAccepted));
    lock_.emplace(std::move(lock));
    return {};
  }

 private:
  RoundLock(Folders folders, const InterfaceName& name, const Stop* stop) : folders_(std::move(folders)), name_(name), stop_(stop) {}

  Folders folders_;
  InterfaceName name_;
  const Stop* stop_;
  std::optional<FileLock> lock_;
};

}  // namespace innernet::client
