internal import LRNetSupport

/// A rectangle of an image, possibly mirrored. It may extend beyond the image's borders.
package struct CropWindow: Sendable, Equatable {
    /// The image row of the rectangle's first row; negative above the image.
    package var top: Int

    /// The image column of the rectangle's left border; negative left of the image.
    package var left: Int

    package var height: Int
    package var width: Int

    /// True if left and right are exchanged after the rectangle is cut out.
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

    /// Returns the window's columns, counted from its left border, that are inside an image of this
    /// width.
    func columns(inWidth imageWidth: Int) -> Range<Int> {
        let first = min(max(-left, 0), width)
        return first..<max(min(imageWidth - left, width), first)
    }

    /// Returns the column of the output that shows a column of the window.
    @inline(__always)
    func outputColumn(_ column: Int) -> Int { isMirrored ? width - 1 - column : column }
}
