extension Axis {
    /// Returns an axis of epochs from 0 to the last.
    static func epochs(upTo last: Double) -> Axis {
        Axis(label: "epochs", range: 0...(last > 0 ? last : 1), count: 8)
    }

    /// Returns an axis with room for the values. The label of a logarithmic axis ends with "log
    /// scale".
    static func fitting(
        _ values: [Double], label: String, includesZero: Bool = false, kind: Kind = .linear
    ) -> Axis {
        let axis = Axis(label: label, fitting: values, includesZero: includesZero, kind: kind)
        guard axis.kind == .logarithmic else { return axis }
        return Axis(label: "\(label), log scale", range: axis.range, kind: .logarithmic)
    }
}
