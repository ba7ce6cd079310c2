// innernet as it is, but for the tunnel: each network that has a config has a device with its key, and its server is on loopback.

#include "innernet/client/networks.hpp"
#include "innernet/machine/local_addresses.hpp"
#include "process.hpp"

namespace innernet::client {
namespace {

class PretendedBackend final : public wg::Backend {
 public:
  explicit PretendedBackend(Folders folders) : folders_(std::move(folders)) {}

  wg::BackendKind kind() const override { return wg::BackendKind::kKernel; }
  Result<std::vector<InterfaceName>> list() override { return interfaces_with_config(folders_.config); }
  Result<wg::Device> get(const InterfaceName& name) override {
    TRY(const InterfaceConfig config, read_config(folders_, name));
    return wg::Device{
        .name = name, .private_key = config.private_key, .public_key = config.private_key.public_key(), .listen_port = 40000, .peers = {}};
  }
  Result<void> create(const InterfaceName&) override { return {}; }
  Result<void> apply(const InterfaceName&, const wg::DeviceUpdate&) override { return {}; }
  Result<void> remove(const InterfaceName&) override { return {}; }

 private:
  Folders folders_;
};

void pretend(Context& context) {
  context.backend = [folders = context.folders()](const InterfaceName&) { return std::make_unique<PretendedBackend>(folders); };
  context.server_on_loopback = true;
}

}  // namespace
}  // namespace innernet::client

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return innernet::client::run_process(arguments, innernet::client::pretend);
}
