#include "served_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "innernet/config/config.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet::server {
namespace {

using ::testing::HasSubstr;

class ServedFilesTest : public ::testing::Test {
 protected:
  ServedFilesTest() {
    folders_ = {dir_ / "etc", dir_ / "var"};
    for (const auto& folder : {folders_.config, folders_.data}) std::filesystem::create_directory(folder);
    put_config(key_, 51820);
    EXPECT_TRUE(create_file(folders_.database(name_), ""));
    files_.emplace(folders_, name_, std::vector{folders_.config_file(name_), folders_.database(name_)}, key_.public_key(), lock().value());
  }
  Result<FileLock> lock() const { return FileLock::acquire(folders_.lock_file(name_), std::chrono::milliseconds(0)); }
  void put_config(const wg::PrivateKey& key, std::uint16_t port) const {
    const ServerConfig config{
        .private_key = key, .listen_port = port, .address = *IpAddress::parse("10.66.0.1"), .network_cidr_prefix = 16};
    EXPECT_TRUE(replace_file(folders_.config_file(name_), config.to_toml().reveal()));
  }

  const InterfaceName name_ = *InterfaceName::parse("evilcorp");
  const wg::PrivateKey key_ = wg::PrivateKey::generate();
  innernet::testing::TempDir dir_;
  Folders folders_;
  std::optional<ServedFiles> files_;
};

TEST_F(ServedFilesTest, NamesTheOneThatIsMissing) {
  EXPECT_EQ(files_->missing(), std::nullopt);
  ASSERT_TRUE(remove_file(folders_.database(name_)));
  EXPECT_EQ(files_->missing(), folders_.database(name_));
  ASSERT_TRUE(remove_file(folders_.config_file(name_)));
  EXPECT_EQ(files_->missing(), folders_.config_file(name_));
}

TEST_F(ServedFilesTest, AConfigThatIsReplacedIsTheSameNetworksWithTheSameKey) {
  EXPECT_EQ(files_->taken_over(), std::nullopt);
  put_config(key_, 51999);
  EXPECT_EQ(files_->taken_over(), std::nullopt);
  ASSERT_TRUE(replace_file(folders_.config_file(name_), "half writ"));
  EXPECT_EQ(files_->taken_over(), std::nullopt) << "whoever writes it has not ended";
  put_config(wg::PrivateKey::generate(), 51820);
  const auto why = files_->taken_over();
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr(folders_.config_file(name_).string()));
  EXPECT_TRUE(files_->has_other_config());
}

TEST_F(ServedFilesTest, ALockThatSomebodyRemovedIsTakenAnew) {
  ASSERT_TRUE(remove_file(folders_.lock_file(name_)));
  EXPECT_EQ(files_->taken_over(), std::nullopt);
  EXPECT_FALSE(lock()) << "nobody else gets in";
}

TEST_F(ServedFilesTest, WhoHasTheLockThatSomebodyRemovedServesTheNetwork) {
  ASSERT_TRUE(remove_file(folders_.lock_file(name_)));
  const auto other = lock();
  ASSERT_TRUE(other);
  const auto why = files_->taken_over();
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr("another process serves"));
  EXPECT_FALSE(files_->has_other_config());
}

}  // namespace
}  // namespace innernet::server
