#include "libpq.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace innernet::server::db::postgresql {
namespace {

std::unexpected<Error> cannot_load(const char* library) {
  const char* const reason = ::dlerror();
  return fail(ErrorKind::kUnsupported,
              fmt::format("PostgreSQL's client library {} can't be loaded ({}): install it, Debian's package is libpq5", library,
                          reason == nullptr ? "no reason is given" : reason));
}

/// Finds functions until one is not there.
class Finder {
 public:
  explicit Finder(void* library) : library_(library) {}

  template <class Function>
  void find(const char* name, Function*& function) {
    if (!complete_) return;
    function = reinterpret_cast<Function*>(::dlsym(library_, name));
    complete_ = function != nullptr;
  }
  bool complete() const { return complete_; }

 private:
  void* library_;
  bool complete_ = true;
};

}  // namespace

Result<Libpq> Libpq::load_from(const char* library) {
  void* const handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return cannot_load(library);
  Libpq libpq;
  Finder finder(handle);
  finder.find("PQconninfoParse", libpq.PQconninfoParse);
  finder.find("PQconninfoFree", libpq.PQconninfoFree);
  finder.find("PQconnectdbParams", libpq.PQconnectdbParams);
  finder.find("PQreset", libpq.PQreset);
  finder.find("PQfinish", libpq.PQfinish);
  finder.find("PQstatus", libpq.PQstatus);
  finder.find("PQconnectionNeedsPassword", libpq.PQconnectionNeedsPassword);
  finder.find("PQtransactionStatus", libpq.PQtransactionStatus);
  finder.find("PQserverVersion", libpq.PQserverVersion);
  finder.find("PQbackendPID", libpq.PQbackendPID);
  finder.find("PQsocket", libpq.PQsocket);
  finder.find("PQerrorMessage", libpq.PQerrorMessage);
  finder.find("PQsetErrorVerbosity", libpq.PQsetErrorVerbosity);
  finder.find("PQsetNoticeProcessor", libpq.PQsetNoticeProcessor);
  finder.find("PQsendQuery", libpq.PQsendQuery);
  finder.find("PQsendPrepare", libpq.PQsendPrepare);
  finder.find("PQsendQueryPrepared", libpq.PQsendQueryPrepared);
  finder.find("PQsetSingleRowMode", libpq.PQsetSingleRowMode);
  finder.find("PQconsumeInput", libpq.PQconsumeInput);
  finder.find("PQisBusy", libpq.PQisBusy);
  finder.find("PQgetResult", libpq.PQgetResult);
  finder.find("PQresultStatus", libpq.PQresultStatus);
  finder.find("PQresultErrorField", libpq.PQresultErrorField);
  finder.find("PQclear", libpq.PQclear);
  finder.find("PQgetisnull", libpq.PQgetisnull);
  finder.find("PQgetvalue", libpq.PQgetvalue);
  finder.find("PQgetlength", libpq.PQgetlength);
  finder.find("PQnotifies", libpq.PQnotifies);
  finder.find("PQfreemem", libpq.PQfreemem);
  if (!finder.complete()) return cannot_load(library);
  return libpq;
}

Result<const Libpq*> Libpq::load() {
  static const Result<Libpq> loaded = load_from("libpq.so.5");
  if (!loaded) return std::unexpected(loaded.error());
  return &*loaded;
}

}  // namespace innernet::server::db::postgresql
