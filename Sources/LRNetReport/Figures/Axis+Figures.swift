extension Axis {
    /// Epochs from 0 to the last.
    static func epochs(upTo last: Double) -> Axis {
        Axis(label: "epochs", range: 0...(last > 0 ? last : 1), count: 8)
    }

    /// An axis with room for values that says so where it is logarithmic.
    static func fitting(
        _ values: [Double], label: String, includesZero: Bool = false, kind: Kind = .linear
    ) -> Axis {
        let axis = Axis(label: label, fitting: values, includesZero: includesZero, kind: kind)
        guard axis.kind == .logarithmic else { return axis }
        return Axis(label: "\(label), log scale", range: axis.range, kind: .logarithmic)
    }
}
