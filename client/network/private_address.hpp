#pragma once

#include "innernet/base/ip.hpp"

namespace innernet::client {

/// Where only who is near can be: RFC 1918, RFC 6598, RFC 4193.
bool is_private(const IpAddress& address);

/// Whether somebody elsewhere on the internet could reach it.
bool is_public(const IpAddress& address);

}  // namespace innernet::client
