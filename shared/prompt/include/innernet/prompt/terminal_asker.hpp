#pragma once

#include <memory>

#include "innernet/prompt/asker.hpp"

namespace innernet::prompt {

/// Asks the person at the terminal on standard input. Questions appear on standard error, or on the controlling terminal when that leads
/// elsewhere; standard output is for data. Each question leaves one line, `Question: answer`, and the terminal as it was, however it ends:
/// answered, cancelled, SIGINT, SIGTERM, SIGHUP, SIGQUIT, or a terminal that goes away.
/// With TERM=dumb, or without TERM, there is one line that is written over; else a list takes several, which move with the cursor.
/// `stop_fd` (-1: none): a question is given up when it becomes readable.
std::unique_ptr<Asker> make_terminal_asker(int stop_fd = -1);

}  // namespace innernet::prompt
