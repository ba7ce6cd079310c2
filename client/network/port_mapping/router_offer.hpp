#pragma once

#include "innernet/client/router_offer.hpp"
#include "router_client.hpp"

namespace innernet::client {

RouterOffer ask_router(const Gateway& place, const RouterPorts& ports, const Stop* stop);

}  // namespace innernet::client
