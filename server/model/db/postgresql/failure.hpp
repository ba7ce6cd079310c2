#pragma once

#include <string>
#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet::server::db::postgresql {

/// What can be done about an error of the server, by its code (https://www.postgresql.org/docs/current/errcodes-appendix.html), five
/// characters; kSystem for those that say nothing to us, and for none.
ErrorKind kind_of_sqlstate(std::string_view sqlstate);

/// What the server or libpq has said, on one line, cut where it is too long, and without anything that a terminal acts on.
std::string one_line(std::string_view said);

/// The last code in an error that was asked for with PQERRORS_VERBOSE ("FATAL:  28P01: password authentication failed"); empty without one.
std::string_view sqlstate_in(std::string_view verbose);

/// True for an error that the server has sent, in whatever language ("FATAL:  …"), false for one that libpq has found.
bool is_of_server(std::string_view said);

}  // namespace innernet::server::db::postgresql
