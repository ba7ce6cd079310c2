#include <iostream>

int main() { std::cout << "needs libstdc++\n"; }
