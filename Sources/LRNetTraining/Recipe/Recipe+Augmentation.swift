internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

extension Recipe {
    /// Checks that what the augmentation makes is what the network takes, as far as the recipe alone
    /// tells.
    func checkAugmentation(_ failure: (String, String) -> Failure) throws {
        let input = architecture.input
        if let crop = augmentation.crop {
            guard input.height == crop && input.width == crop else {
                throw failure(
                    "augmentation.crop",
                    "\(crop) makes images of \(crop)x\(crop), but network \(network.name) takes "
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
                "is missing; with shorterSide write the network's size, crop: \(input.height)")
        }
        if case .constants(let mean, _) = augmentation.standardize, mean.count != input.channels {
            throw failure(
                "augmentation.standardize",
                "has constants for \(mean.count) channels, but network \(network.name) takes "
                    + "\(input.channels)")
        }
    }
}
