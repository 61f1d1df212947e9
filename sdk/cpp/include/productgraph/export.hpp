// Marks what a shared build of the library makes visible.
#pragma once

#if defined(__GNUC__)
#define PRODUCTGRAPH_API __attribute__((visibility("default")))
#else
#define PRODUCTGRAPH_API
#endif
