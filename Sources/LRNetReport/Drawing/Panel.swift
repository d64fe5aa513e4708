/// One picture of a figure, drawn into a box of its own size.
package protocol Panel: Sendable {
    /// A title of a few words, which is written at the top.
    var title: String { get }

    /// A description in a sentence, for readers who cannot see the picture.
    var summary: String { get }

    /// The width and height in user units. One unit is about one CSS pixel.
    var size: (width: Double, height: Double) { get }

    /// Draws the content without the title.
    func draw() -> [Markup]

    /// Returns the panel for a box of about this width with text of the same size, or `nil` for a
    /// panel that is only scaled.
    func widened(to width: Double) -> (any Panel)?
}

extension Panel {
    /// The title as an element at the top left.
    var titleText: Markup {
        .label("title", 0, 13, title)
    }

    package func widened(to width: Double) -> (any Panel)? { nil }

    /// Returns the height of a widened chart. It grows less than the width because a page scrolls
    /// vertically.
    func widenedHeight(_ width: Double) -> Double {
        size.height * (width / size.width).squareRoot()
    }
}

package struct LegendEntry: Sendable, Equatable {
    package var name: String
    package var color: ChartColor
    package var isDashed = false

    package init(_ name: String, _ color: ChartColor, isDashed: Bool = false) {
        self.name = name
        self.color = color
        self.isDashed = isDashed
    }
}

/// Returns the approximate width of a text in the small font of charts, in user units.
func textWidth(_ text: String) -> Double { 6.9 * Double(text.count) }
