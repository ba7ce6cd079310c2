#pragma once

#include <array>
#include <filesystem>
#include <random>

#include "innernet/base/file.hpp"
#include "innernet/testing/child.hpp"
#include "innernet/testing/memory_search.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::testing {

/// A private key that this process knows with each bit turned only, until it reads what a child has written with it.
class PlantedKey {
 public:
  PlantedKey() {
    std::random_device random;
    for (std::uint8_t& byte : turned_) byte = static_cast<std::uint8_t>(random());
    // As Curve25519 wants it, so that nothing changes it on its way.
    turned_.front() |= 0x07U;
    turned_.back() = static_cast<std::uint8_t>((turned_.back() | 0x80U) & ~0x40U);
    split();
  }
  /// The key of a file that has it behind `before` in base64.
  PlantedKey(const std::filesystem::path& file, std::string_view before) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe failed");
    const UniqueFd from(ends[0]), to(ends[1]);
    const bool told = in_child([&] {
      const auto text = read_secret_file(file);
      const std::size_t at = text ? text->reveal().find(before) : std::string_view::npos;
      if (at == std::string_view::npos) return false;
      const auto key = wg::PrivateKey::parse(text->reveal().substr(at + before.size(), 44));
      if (!key) return false;
      for (std::size_t i = 0; i < turned_.size(); ++i) turned_[i] = static_cast<std::uint8_t>(~key->secret().reveal()[i]);
      return ::write(to.get(), turned_.data(), turned_.size()) == static_cast<ssize_t>(turned_.size());
    });
    if (!told || ::read(from.get(), turned_.data(), turned_.size()) != static_cast<ssize_t>(turned_.size()))
      throw std::runtime_error("there is no key in " + file.string());
    split();
  }

  /// `write` gets the key, in a process of its own.
  template <class Write>
  bool plant(Write write) const {
    return in_child([&] { return write(key()); });
  }

  /// Where it is in this process's memory, in whatever form, or a part of it (of 11 characters of base64 or more).
  std::vector<PlaceInMemory> places() const { return places_in_memory(needles_); }

 private:
  wg::PrivateKey key() const {
    std::array<std::uint8_t, wg::kKeySize> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(~turned_[i]);
    return wg::PrivateKey::from_bytes(bytes);
  }

  // Pieces of the bytes, of base64 and of hex, such as a growing string leaves behind. The texts come from a child, too.
  void split() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe failed");
    const UniqueFd from(ends[0]), to(ends[1]);
    std::array<std::uint8_t, 44 + 64> texts{};
    const bool told = in_child([&] {
      const wg::PrivateKey own = key();
      const SecretText base64 = own.to_base64(), hex = own.to_hex();
      std::ranges::transform(base64.reveal(), texts.begin(),
                             [](char c) { return static_cast<std::uint8_t>(~static_cast<unsigned char>(c)); });
      std::ranges::transform(hex.reveal(), texts.begin() + 44,
                             [](char c) { return static_cast<std::uint8_t>(~static_cast<unsigned char>(c)); });
      return ::write(to.get(), texts.data(), texts.size()) == static_cast<ssize_t>(texts.size());
    });
    if (!told || ::read(from.get(), texts.data(), texts.size()) != static_cast<ssize_t>(texts.size()))
      throw std::runtime_error("the forms of a key could not be made");
    cut(turned_, 8);
    cut(std::span(texts).first(44), 8);
    cut(std::span(texts).subspan(44), 16);
  }

  void cut(std::span<const std::uint8_t> form, std::size_t size) {
    for (std::size_t at = 0; at + size <= form.size(); at += size / 2)
      needles_.emplace_back(form.begin() + static_cast<std::ptrdiff_t>(at), form.begin() + static_cast<std::ptrdiff_t>(at + size));
  }

  std::array<std::uint8_t, wg::kKeySize> turned_{};
  std::vector<Turned> needles_;
};

}  // namespace innernet::testing
