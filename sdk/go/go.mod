module github.com/productgraph/productgraph/sdk/go

go 1.19
