#include "userspace_process.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "innernet/base/file.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet::wg {
namespace {

/// A variable of the environment, until the end of this as it shall be.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = std::getenv(name); before != nullptr) before_ = before;
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_); }

  void set(const std::optional<std::string>& value) {
    if (value)
      ::setenv(name_, value->c_str(), 1);
    else
      ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// In a folder with two programs, of which only one is in a folder of PATH that counts.
struct FindImplementation : ::testing::Test {
  std::filesystem::path before = std::filesystem::current_path();
  testing::TempDir folder;
  Variable own{"WG_USERSPACE_IMPLEMENTATION", std::nullopt};
  Variable of_wg_quick{"WG_QUICK_USERSPACE_IMPLEMENTATION", std::nullopt};
  Variable path{"PATH", std::nullopt};

  FindImplementation() {
    make_program("here");
    make_program("programs/there");
    std::filesystem::current_path(folder.path());
  }
  ~FindImplementation() override { std::filesystem::current_path(before); }

  void make_program(const std::string& name) const {
    const auto program = folder / name;
    std::filesystem::create_directories(program.parent_path());
    ASSERT_TRUE(replace_file(program, "#!/bin/sh\n", 0755));
    ASSERT_EQ(::chmod(program.c_str(), 0755), 0);
  }
  static std::string found(const std::string& asked) { return find_implementation(asked).value_or("none"); }
};

TEST_F(FindImplementation, GivesAnAbsolutePath) {
  path.set((folder / "programs").string());
  EXPECT_EQ(found("there"), (folder / "programs/there").string());
  EXPECT_EQ(found("programs/there"), (folder / "programs/there").string()) << "with a slash it is a path, as in a shell";
  EXPECT_EQ(found((folder / "here").string()), (folder / "here").string());
}

TEST_F(FindImplementation, LooksIntoNoFolderThatDependsOnWhereItWasStarted) {
  for (const char* entries : {".", "", ":", ".:", ":programs", "programs", "./programs:."}) {
    path.set(entries);
    EXPECT_EQ(found("here"), "none") << entries;
    EXPECT_EQ(found("there"), "none") << entries;
  }
  path.set(".::programs:" + (folder / "programs").string());
  EXPECT_EQ(found("there"), (folder / "programs/there").string()) << "the others count all the same";
}

TEST_F(FindImplementation, TakesWhatIsAskedForBeforeTheEnvironment) {
  path.set((folder / "programs").string());
  of_wg_quick.set((folder / "here").string());
  EXPECT_EQ(found(""), (folder / "here").string());
  own.set("there");
  EXPECT_EQ(found(""), (folder / "programs/there").string());
  EXPECT_EQ(found((folder / "here").string()), (folder / "here").string());
}

TEST_F(FindImplementation, IsNoFolderAndNoFileThatCanNotBeRun) {
  path.set(folder.path().string());
  EXPECT_EQ(found("programs"), "none");
  ASSERT_TRUE(replace_file(folder / "text", "text"));
  EXPECT_EQ(found("text"), "none");
  EXPECT_EQ(found((folder / "text").string()), "none");
}

}  // namespace
}  // namespace innernet::wg
