# Sanitizers' builds, which nobody ships, compile once what nearly every file includes: without it the tree of the ring asan takes 1.4 times as long
# (`cmake --build`, no cache). The other builds go without, so that a header which a file should have named is missed there.
set(innernet_precompiled_headers <algorithm> <array> <chrono> <expected> <filesystem> <functional> <map> <memory> <optional> <span> <string> <unordered_map> <vector> <fmt/format.h>)

function(innernet_precompile target)  # header...: what follows those of all
  target_link_libraries(${target} PRIVATE innernet_flags)
  target_precompile_headers(${target} PRIVATE ${innernet_precompiled_headers} ${ARGN})
  target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")  # ccache compares contents
endfunction()

if(INNERNET_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp" CONTENT "int main() {}\n")
  # A library's code is PIC, a program's PIE, and tests are not optimized: each of these has its own.
  add_library(innernet_precompiled STATIC EXCLUDE_FROM_ALL "${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp")
  target_link_libraries(innernet_precompiled PRIVATE innernet_coverage)
  innernet_precompile(innernet_precompiled)
  add_executable(innernet_precompiled_test EXCLUDE_FROM_ALL "${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp")
  target_compile_options(innernet_precompiled_test PRIVATE -O0)
  target_link_libraries(innernet_precompiled_test PRIVATE GTest::gmock)
  innernet_precompile(innernet_precompiled_test <gmock/gmock.h>)
endif()

# innernet_use_precompiled(TARGET LIKE): what LIKE has precompiled, where there is such a thing.
function(innernet_use_precompiled target like)
  if(TARGET ${like})
    target_precompile_headers(${target} REUSE_FROM ${like})
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()
