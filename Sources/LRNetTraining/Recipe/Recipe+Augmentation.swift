internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

extension Recipe {
    /// Checks that the augmented images fit the network, using only the recipe.
    func checkAugmentation(_ failure: (String, String) -> Failure) throws {
        let input = architecture.input
        if let crop = augmentation.crop {
            guard input.height == crop && input.width == crop else {
                throw failure(
                    "augmentation.crop",
                    "\(crop) produces images of \(crop)x\(crop), but network \(network.name) needs "
                        + "\(input.height)x\(input.width); set augmentation.crop or network.input")
            }
            if let sides = augmentation.shorterSide {
                guard crop <= sides.lowerBound + 2 * augmentation.pad else {
                    throw failure(
                        "augmentation.crop",
                        "\(crop) does not fit into shorterSide \(sides.lowerBound) + 2 x pad "
                            + "\(augmentation.pad); raise shorterSide or pad")
                }
            }
        } else if augmentation.shorterSide != nil {
            throw failure(
                "augmentation.crop",
                "is required with shorterSide; set it to the network's size, crop: \(input.height)")
        }
        if case .constants(let mean, _) = augmentation.standardize, mean.count != input.channels {
            throw failure(
                "augmentation.standardize",
                "has constants for \(mean.count) channels, but network \(network.name) needs "
                    + "\(input.channels)")
        }
    }
}
