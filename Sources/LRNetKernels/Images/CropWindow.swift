internal import LRNetSupport

/// A rectangle of a picture, which may reach beyond its borders, seen plainly or in a mirror.
package struct CropWindow: Sendable, Equatable {
    /// The picture's row that the first row shows; negative above the picture.
    package var top: Int

    /// The picture's column at the left border of the rectangle.
    package var left: Int

    /// Rows of the rectangle.
    package var height: Int

    /// Columns of the rectangle.
    package var width: Int

    /// Whether left and right are exchanged, after the rectangle was cut out.
    package var isMirrored: Bool

    /// Creates a window.
    ///
    /// - Precondition: Height and width are positive.
    package init(top: Int, left: Int, height: Int, width: Int, isMirrored: Bool = false) {
        precondition(height > 0 && width > 0, "a window of \(height)x\(width)")
        self.top = top
        self.left = left
        self.height = height
        self.width = width
        self.isMirrored = isMirrored
    }

    /// The window's columns, counted from its left border, that lie in a picture of this width.
    func columns(inWidth pictureWidth: Int) -> Range<Int> {
        let first = min(max(-left, 0), width)
        return first..<max(min(pictureWidth - left, width), first)
    }

    /// The column of the output that shows a column of the window.
    @inline(__always)
    func outputColumn(_ column: Int) -> Int { isMirrored ? width - 1 - column : column }
}
