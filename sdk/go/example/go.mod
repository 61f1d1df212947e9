module github.com/productgraph/productgraph/sdk/go/example

go 1.19

require (
	github.com/go-chi/chi/v5 v5.2.0
	github.com/productgraph/productgraph/sdk/go v0.0.0
)

replace github.com/productgraph/productgraph/sdk/go => ../
