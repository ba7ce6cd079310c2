#pragma once

#include "../context.hpp"
#include "../options.hpp"

namespace innernet::client {

/// How a command that told all there is to tell ended.
enum class Ending {
  kDone,
  kFailed,  ///< the reasons are in the log already
};

/// Runs the command of a command line. With --json it prints one document if it is done; when there was nothing to do or the person said
/// no, that is `{"changed":false}`.
Result<Ending> run_command(const CommandOptions& command, Context& context);

// One function a command, chosen by the type of its options. None calls another. An error is not logged yet.

Result<Ending> run(const InstallOptions& options, Context& context);
Result<Ending> run(const ShowOptions& options, Context& context);
Result<Ending> run(const UpOptions& options, Context& context);
Result<Ending> run(const FetchOptions& options, Context& context);
Result<Ending> run(const UninstallOptions& options, Context& context);
Result<Ending> run(const DownOptions& options, Context& context);
Result<Ending> run(const AddPeerOptions& options, Context& context);
Result<Ending> run(const RenamePeerOptions& options, Context& context);
Result<Ending> run(const AddCidrOptions& options, Context& context);
Result<Ending> run(const RenameCidrOptions& options, Context& context);
Result<Ending> run(const DeleteCidrOptions& options, Context& context);
Result<Ending> run(const ListCidrsOptions& options, Context& context);
Result<Ending> run(const DisablePeerOptions& options, Context& context);
Result<Ending> run(const EnablePeerOptions& options, Context& context);
Result<Ending> run(const AddAssociationOptions& options, Context& context);
Result<Ending> run(const DeleteAssociationOptions& options, Context& context);
Result<Ending> run(const ListAssociationsOptions& options, Context& context);
Result<Ending> run(const SetListenPortOptions& options, Context& context);
Result<Ending> run(const OverrideEndpointOptions& options, Context& context);
Result<Ending> run(const OverridePeerEndpointOptions& options, Context& context);

}  // namespace innernet::client
