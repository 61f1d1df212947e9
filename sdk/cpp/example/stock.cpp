#include "stock.hpp"

namespace inventory {

std::vector<std::string> Stock::Reserve(const std::vector<Item>& items) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, int> reserved = reserved_;
  std::vector<std::string> missing;
  for (const Item& item : items) {
    int& count = reserved[item.sku];
    if (item.quantity > pieces_ - count) {
      missing.push_back(item.sku);
    } else {
      count += item.quantity;
    }
  }
  if (missing.empty()) reserved_.swap(reserved);
  return missing;
}

}  // namespace inventory
