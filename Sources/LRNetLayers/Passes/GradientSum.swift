/// A range of the gradient vector that is summed over all processes.
package struct GradientSum: Hashable, Sendable {
    package let range: Range<Int>

    /// If given, each process requires only its share of the range, in units of this many values.
    package let unit: Int?

    package init(range: Range<Int>, unit: Int?) {
        self.range = range
        self.unit = unit
    }
}
