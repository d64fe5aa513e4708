import LRNetLayers

extension Network.Options {
    /// The options of a ternary LR-net.
    init() { self.init(model: TernaryModel()) }
}
