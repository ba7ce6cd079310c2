#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "innernet/config/config.hpp"
#include "innernet/server/network.hpp"

namespace innernet::server {

/// Where the database of a network is: a file of SQLite's, or on a PostgreSQL server.
using DatabaseLocation = std::variant<std::filesystem::path, DatabaseUrl>;
/// What the config says, else the usual file.
DatabaseLocation database_location(const ServerConfig& config, const Folders& folders, const InterfaceName& interface);
/// For people: the file's path, or the URL without user and parameters.
std::string shown(const DatabaseLocation& location);

/// A network's database together with its model in memory. Everything that changes a network, in `serve` and on the command line, goes
/// through here: the lock is taken, foreign changes are read, the change is validated against the model, written, committed, and
/// then the model follows. Errors of rules are kInvalidInput (HTTP 400), of ids that are not there kNotFound (404).
class Registry {
 public:
  /// One transaction. Each call validates, writes and changes the model at once; a failed one changes nothing.
  class Writer {
   public:
    virtual ~Writer() = default;
    virtual Result<Peer> add_peer(const PeerContents& contents) = 0;
    /// Its endpoint is stored as it is: what belongs to the seen address is for Network::without_filled_in() to take out.
    virtual Result<Peer> update_peer(PeerId id, const PeerChange& change) = 0;
    virtual Result<Peer> redeem_peer(PeerId id, const wg::PublicKey& key) = 0;
    /// For expired invitations and for a peer whose invitation could not be written: only an unredeemed peer.
    virtual Result<void> delete_unredeemed_peer(PeerId id) = 0;
    virtual Result<Cidr> add_cidr(const CidrContents& contents) = 0;
    virtual Result<Cidr> rename_cidr(CidrId id, const std::string& name) = 0;
    /// One that is not there is fine.
    virtual Result<void> delete_cidr(CidrId id) = 0;
    virtual Result<Association> add_association(const AssociationContents& contents) = 0;
    virtual Result<void> delete_association(AssociationId id) = 0;
  };

  /// What `new` writes: root CIDR (id 1), innernet-server CIDR (id 2), server peer (id 1).
  struct NewNetwork {
    std::string name;
    IpNet cidr;
    IpAddress server_ip;
    wg::PublicKey server_key;
    Endpoint external_endpoint;
  };
  /// Makes the database file (0600 before its first byte), or the tables in a PostgreSQL database that is there. Fails with kAlreadyExists
  /// when there is one (of a file also when a -wal, -shm or -journal beside it exists); leaves nothing behind on failure.
  static Result<void> create(const DatabaseLocation& database, const NewNetwork& network);

  /// Write-ahead logs of a database that somebody has written over, and that was not whole at the end: they are set aside under names of
  /// their own, which `serve` tells.
  static std::vector<std::filesystem::path> logs_set_aside(const std::filesystem::path& database);

  /// Opens and migrates. A missing database is kNotFound, a newer schema is refused untouched. Of PostgreSQL also kUnsupported (libpq is
  /// not installed), kUnreachable and kPermission.
  static Result<Registry> open(const DatabaseLocation& database);

  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;
  ~Registry();

  const Network& network() const;

  /// How many peers the device takes (wg::Backend::max_peers): one more is refused.
  void set_max_on_device(std::optional<std::size_t> most);

  /// Reads what others have written since. True if there was anything.
  Result<bool> refresh();

  /// Runs `change` in a transaction, for the command line: waits up to 5 s for the lock, then fails and says who may hold it. An error from
  /// `change` rolls everything back.
  Result<void> write(const std::function<Result<void>(Writer&)>& change);

  /// Checkpoints and closes; removes -wal and -shm. The destructor does the same without telling.
  Result<void> close();

 private:
  friend class Coordinator;
  struct Impl;
  explicit Registry(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace innernet::server
