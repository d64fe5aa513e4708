/// A range of the gradient vector that is added up over all processes.
package struct GradientSum: Hashable, Sendable {
    /// The range.
    package let range: Range<Int>

    /// If given, each process wants only its share of the range, in units of so many values.
    package let unit: Int?

    /// Creates a sum.
    package init(range: Range<Int>, unit: Int?) {
        self.range = range
        self.unit = unit
    }
}
