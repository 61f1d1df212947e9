// What the warehouse holds.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace inventory {

struct Item {
  std::string sku;
  int quantity = 0;
};

// Safe to use from any number of threads.
class Stock {
 public:
  // Of each article.
  explicit Stock(int pieces) : pieces_(pieces) {}

  // Reserves all of the items and returns nothing, or none of them and returns the articles of which too few
  // are left.
  std::vector<std::string> Reserve(const std::vector<Item>& items);

 private:
  const int pieces_;
  std::mutex mutex_;
  std::map<std::string, int> reserved_;
};

}  // namespace inventory
