extension DeployedNetwork {
    /// The products, each with the affine map that follows it directly or after pooling, and the
    /// remaining affine maps alone.
    package var pairs: [(product: DeployedProduct?, affine: DeployedAffine?)] {
        func pairs(_ steps: [DeployedStep]) -> [(DeployedProduct?, DeployedAffine?)] {
            var result: [(DeployedProduct?, DeployedAffine?)] = []
            var waiting: DeployedProduct?
            for step in steps {
                switch step {
                case .product(let product): waiting = product
                case .affine(let affine):
                    result.append((waiting, affine))
                    waiting = nil
                case .maxPool, .averagePool: break
                case .residual(let block):
                    result += pairs(block.body)
                    if case .projection(let steps) = block.shortcut { result += pairs(steps) }
                }
            }
            return result
        }
        return pairs(steps).map { (product: $0.0, affine: $0.1) }
    }
}
