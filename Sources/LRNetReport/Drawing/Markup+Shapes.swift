/// The shapes of charts. The style is a list of classes of the style sheet.
extension Markup {
    /// Returns a line of text that is anchored at a point.
    static func label(_ style: String, _ x: Double, _ y: Double, _ text: String) -> Markup {
        Markup("text", [("class", style), ("x", coordinate(x)), ("y", coordinate(y))], text: text)
    }

    /// Returns a straight line between two points.
    static func rule(
        _ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double
    ) -> Markup {
        Markup(
            "line",
            [
                ("class", style), ("x1", coordinate(x1)), ("y1", coordinate(y1)),
                ("x2", coordinate(x2)), ("y2", coordinate(y2)),
            ])
    }

    /// Returns a rectangle, given its upper left corner.
    static func box(
        _ style: String, _ x: Double, _ y: Double, width: Double, height: Double
    ) -> Markup {
        Markup(
            "rect",
            [
                ("class", style), ("x", coordinate(x)), ("y", coordinate(y)),
                ("width", coordinate(width)), ("height", coordinate(height)),
            ])
    }
}
