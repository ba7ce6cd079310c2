#include "postgresql.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <vector>

#include "../db/postgresql/session.hpp"
#include "innernet/base/unique_fd.hpp"

namespace innernet::server::testing {
namespace {

namespace fs = std::filesystem;
using db::postgresql::Session;

constexpr auto kSuperuser = "postgres";
constexpr std::chrono::seconds kStartPatience{60};  // under a sanitizer, on a machine with much else to do

/// Where the newest server's programs are; Debian has a folder for each version, others have them where programs are.
std::optional<fs::path> programs() {
  std::optional<fs::path> newest;
  int version = 0;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", missing)) {
    const int this_version = std::atoi(entry.path().filename().c_str());
    if (this_version <= version || !fs::exists(entry.path() / "bin" / "initdb")) continue;
    version = this_version;
    newest = entry.path() / "bin";
  }
  if (!newest && fs::exists("/usr/bin/initdb")) newest = "/usr/bin";
  return newest;
}

/// Who runs the server when root runs the tests.
const passwd& ordinary_user() {
  const auto* user = ::getpwnam("postgres");
  if (user == nullptr) user = ::getpwnam("nobody");
  if (user == nullptr) throw std::runtime_error("there is neither a user postgres nor a user nobody");
  return *user;
}

/// What it says goes into `log`.
pid_t spawn(const std::vector<std::string>& command, const fs::path& folder, const fs::path& log) {
  std::vector<const char*> arguments;
  for (const auto& argument : command) arguments.push_back(argument.c_str());
  arguments.push_back(nullptr);
  const bool is_root = ::geteuid() == 0;
  const auto [uid, gid] = is_root ? std::pair(ordinary_user().pw_uid, ordinary_user().pw_gid) : std::pair(::geteuid(), ::getegid());
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  if (is_root && (::setgroups(0, nullptr) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0)) ::_exit(126);
  // To be set after the change of user, which takes it back. SIGQUIT stops the server at once, and its processes with it.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent) ::_exit(126);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int none = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (out < 0 || ::chdir(folder.c_str()) != 0 || ::dup2(none, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) ::_exit(126);
  ::execv(arguments.front(), const_cast<char* const*>(arguments.data()));
  ::_exit(127);
}

std::string content(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Nobody else has it at this moment. The socket's name has it in it, too.
std::uint16_t free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), generic, length) != 0 || ::getsockname(fd.get(), generic, &length) != 0) throw std::runtime_error("no port is free");
  return ntohs(address.sin_port);
}

/// The last line of postmaster.pid says what the server is at (miscadmin.h: PM_STATUS_READY).
bool is_ready(const fs::path& data) {
  const auto text = content(data / "postmaster.pid");
  return std::ranges::count(text, '\n') >= 8 && text.contains("\nready");
}

}  // namespace

bool PostgresqlCluster::is_installed() { return programs().has_value(); }

PostgresqlCluster& PostgresqlCluster::shared() {
  static PostgresqlCluster cluster;
  return cluster;
}

PostgresqlCluster::PostgresqlCluster(Listens listens)
    : folder_(innernet::testing::TempDir::memory()), listens_(listens), port_(free_port()) {
  make();
  start();
}

PostgresqlCluster::~PostgresqlCluster() { stop(SIGQUIT); }

void PostgresqlCluster::make() {
  if (::geteuid() == 0 && ::chown(folder_.path().c_str(), ordinary_user().pw_uid, ordinary_user().pw_gid) != 0)
    throw std::runtime_error("a folder can't be given to the user that runs PostgreSQL");
  const auto log = folder_ / "initdb.log";
  const pid_t initdb = spawn({*programs() / "initdb", "--pgdata=" + data().string(), "--no-sync", "--no-instructions", "--auth=trust",
                              "--encoding=UTF8", "--locale=C", fmt::format("--username={}", kSuperuser)},
                             folder_.path(), log);
  int status = 0;
  if (::waitpid(initdb, &status, 0) != initdb || status != 0) throw std::runtime_error("initdb failed: " + content(log));
}

void PostgresqlCluster::start() {
  fs::remove(data() / "postmaster.pid");
  const auto log = folder_ / "server.log";
  std::vector<std::string> command{*programs() / "postgres", "-D", data()};
  const auto set = [&](const std::string& setting) { command.insert(command.end(), {"-c", setting}); };
  set(listens_ == Listens::kOnSocket ? "listen_addresses=" : "listen_addresses=127.0.0.1");
  set("unix_socket_directories=" + folder_.path().string());
  set(fmt::format("port={}", port_));
  for (const auto* const setting : {"fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_wal_size=128MB", "autovacuum=off"})
    set(setting);
  server_ = spawn(command, folder_.path(), log);
  // Most of the time that it takes is two or three turns of this loop.
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (!is_ready(data())) {
    if (::waitpid(server_, nullptr, WNOHANG) == server_) {
      server_ = -1;
      throw std::runtime_error("PostgreSQL has ended: " + content(log));
    }
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("PostgreSQL doesn't start: " + content(log));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void PostgresqlCluster::stop(int signal) {
  if (server_ <= 0) return;
  ::kill(server_, signal);
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
}

std::string PostgresqlCluster::url(std::string_view database, std::string_view more) const {
  return fmt::format("postgresql:///{}?host={}&port={}{}{}", database, folder_.path().string(), port_,
                     more.contains("user=") ? "" : fmt::format("&user={}", kSuperuser), more);
}

std::string PostgresqlCluster::loopback_url(std::string_view database) const {
  return fmt::format("postgresql://{}@127.0.0.1:{}/{}", kSuperuser, port_, database);
}

std::string PostgresqlCluster::new_database() {
  auto name = fmt::format("test{}", ++databases_);
  const auto at = DatabaseUrl::parse(url("postgres"));
  if (!at) throw std::runtime_error(at.error().message());
  auto session = Session::connect(*at, {.application_name = "tests"});
  if (!session) throw std::runtime_error(session.error().message());
  if (const auto made = (*session)->execute("CREATE DATABASE " + name); !made) throw std::runtime_error(made.error().message());
  return name;
}

// SIGQUIT is the server's "immediate shutdown": nothing is written, and none of its processes outlives it, as they would SIGKILL.
void PostgresqlCluster::kill() { stop(SIGQUIT); }

void PostgresqlCluster::restart() {
  stop(SIGQUIT);
  start();
}

void PostgresqlCluster::restart_as_replica() {
  stop(SIGINT);
  std::ofstream(data() / "standby.signal").flush();
  start();
}

void PostgresqlCluster::restart_as_primary() {
  stop(SIGINT);
  fs::remove(data() / "standby.signal");
  start();
}

}  // namespace innernet::server::testing
