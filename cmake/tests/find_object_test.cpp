#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <stdexcept>

namespace {

TEST(Unwinding, CatchesWhatIsThrownInTheProgramAndInALibrary) {
  EXPECT_THROW(throw std::runtime_error("thrown"), std::runtime_error);
  // From libc's qsort() through its frames, which are another object's.
  int numbers[] = {2, 1};
  const auto compare = [](const void*, const void*) -> int { throw std::runtime_error("thrown"); };
  EXPECT_THROW(std::qsort(numbers, 2, sizeof numbers[0], compare), std::runtime_error);
}

#ifdef DLFO_STRUCT_HAS_EH_DBASE
TEST(Unwinding, FindsTheTablesOfEachObjectAndNoneElsewhere) {
  dl_find_object in_program{};
  dl_find_object in_libc{};
  static const int here = 0;
  ASSERT_EQ(_dl_find_object(const_cast<int*>(&here), &in_program), 0);
  ASSERT_EQ(_dl_find_object(::dlsym(RTLD_DEFAULT, "qsort"), &in_libc), 0);
  EXPECT_NE(in_program.dlfo_eh_frame, in_libc.dlfo_eh_frame);
  for (const dl_find_object& object : {in_program, in_libc}) {
    EXPECT_LT(object.dlfo_map_start, object.dlfo_eh_frame);
    EXPECT_LT(object.dlfo_eh_frame, object.dlfo_map_end);
  }
  int on_the_stack = 0;
  dl_find_object none{};
  EXPECT_EQ(_dl_find_object(&on_the_stack, &none), -1);
  EXPECT_EQ(_dl_find_object(nullptr, &none), -1);
}
#endif

}  // namespace
