/// One picture of a figure, drawn into a box of its own size.
package protocol Panel: Sendable {
    /// What it shows, in a few words; stands above it.
    var title: String { get }

    /// What can be seen in it, in a sentence, for those who cannot see it.
    var summary: String { get }

    /// Width and height in user units; one is about a CSS pixel.
    var size: (width: Double, height: Double) { get }

    /// Draws the content; the title is its own.
    func draw() -> [Markup]

    /// The same for a box of about this width, with text of the same size; `nil` for a panel that is
    /// only scaled.
    func widened(to width: Double) -> (any Panel)?
}

extension Panel {
    /// The panel's title as text, at the top left.
    var titleText: Markup {
        .label("title", 0, 13, title)
    }

    package func widened(to width: Double) -> (any Panel)? { nil }

    /// A height for a chart of some width: less than in proportion, as a page is read downwards.
    func widenedHeight(_ width: Double) -> Double {
        size.height * (width / size.width).squareRoot()
    }
}

/// An entry of a figure's legend.
package struct LegendEntry: Sendable, Equatable {
    /// The text.
    package var name: String
    /// The color.
    package var ink: ChartColor
    /// Whether the line is dashed.
    package var isDashed = false

    /// Creates an entry.
    package init(_ name: String, _ ink: ChartColor, isDashed: Bool = false) {
        self.name = name
        self.ink = ink
        self.isDashed = isDashed
    }
}

/// About how wide a text of the charts' small font is, in user units.
func textWidth(_ text: String) -> Double { 6.9 * Double(text.count) }
