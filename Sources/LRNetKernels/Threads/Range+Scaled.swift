extension Range<Int> {
    /// Returns the range of the values of some items, such as samples, of `size` values each.
    package func scaled(by size: Int) -> Range<Int> { lowerBound * size..<upperBound * size }
}
