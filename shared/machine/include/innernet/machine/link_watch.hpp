#pragma once

#include <memory>

#include "innernet/base/error.hpp"

namespace innernet {

/// Becomes readable when links or addresses of this machine change. It says that something did, not what: who is woken drains it and looks
/// at the state anew, so that a lost notification costs nothing.
class LinkWatch {
 public:
  virtual ~LinkWatch() = default;
  virtual int fd() const = 0;
  virtual void drain() = 0;
};

Result<std::unique_ptr<LinkWatch>> watch_links();

}  // namespace innernet
