extension Range<Int> {
    /// The values of a run of items, such as samples, of `size` values each.
    package func scaled(by size: Int) -> Range<Int> { lowerBound * size..<upperBound * size }
}
