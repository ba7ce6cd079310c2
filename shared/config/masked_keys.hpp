#pragma once

#include <string_view>
#include <vector>

#include "innernet/base/secret.hpp"

namespace innernet {

/// A TOML document without its private keys. toml++ copies each value into memory that nobody wipes, so it gets to see numbers instead,
/// as long as the keys: what `private-key = "…"` has between its quotes. A key that is written in another way (escaped, in three quotes)
/// is no secret to it.
class MaskedKeys {
 public:
  explicit MaskedKeys(std::string_view document);

  std::string_view document() const { return document_.reveal(); }
  /// The key whose mask this is, or the value itself.
  std::string_view unmasked(std::string_view value) const;

 private:
  SecretText document_;
  std::vector<SecretText> keys_;
};

}  // namespace innernet
