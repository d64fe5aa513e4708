import ArgumentParser
package import LRNetData

/// Enables options that accept a split by name and list the possible values in their help.
extension DataSplit: ExpressibleByArgument {}
