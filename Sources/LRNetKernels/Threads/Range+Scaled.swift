extension Range<Int> {
    /// The values of a run of items, such as samples, of `size` values each.
    public func scaled(by size: Int) -> Range<Int> { lowerBound * size..<upperBound * size }
}
