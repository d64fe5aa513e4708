import ArgumentParser
package import LRNetData

/// Options take a split by its name, and say which there are.
extension DataSplit: ExpressibleByArgument {}
