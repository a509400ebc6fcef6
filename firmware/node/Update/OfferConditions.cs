using DePin.Contracts.Updates;

namespace DePin.Node.Update
{
    /// <summary>
    /// The conditions under which a node takes a release, each for itself: none, or why not. The node asks them in this order; the
    /// release tool asks those for which it knows the node.
    /// </summary>
    public static class OfferConditions
    {
        /// <summary>It is this product's firmware.</summary>
        public static UpdateReason OfProduct(ReleaseManifest manifest, string product)
        {
            return manifest.Product == product ? UpdateReason.None : UpdateReason.NotOurProduct;
        }

        /// <summary>It is for this hardware profile.</summary>
        public static UpdateReason OfProfile(ReleaseManifest manifest, long profile)
        {
            return manifest.IsFor(profile) ? UpdateReason.None : UpdateReason.WrongProfile;
        }

        /// <summary>Its security number is not below the highest that was ever confirmed.</summary>
        public static UpdateReason OfSecurity(ReleaseManifest manifest, long confirmed)
        {
            return manifest.Security >= confirmed ? UpdateReason.None : UpdateReason.SecurityTooLow;
        }

        /// <summary>Its build is above the one that runs, or it says that it returns from that one.</summary>
        public static UpdateReason OfBuild(ReleaseManifest manifest, long running)
        {
            return manifest.IsReturn
                ? manifest.ReturnsFrom == running ? UpdateReason.None : UpdateReason.WrongReturn
                : manifest.Build > running ? UpdateReason.None : UpdateReason.BuildTooLow;
        }

        /// <summary>The board's loader can start it; 0 for a board without one.</summary>
        public static UpdateReason OfLoader(ReleaseManifest manifest, long loader)
        {
            return loader != 0 && loader >= manifest.LoaderMin ? UpdateReason.None : UpdateReason.LoaderTooOld;
        }

        /// <summary>The module can load a bundle at all, and its slot holds this one.</summary>
        public static UpdateReason OfRoom(ReleaseManifest manifest, bool hasRoomForBundles, int slotBytes)
        {
            return !hasRoomForBundles ? UpdateReason.NoPsram
                : slotBytes == 0 ? UpdateReason.NoRoom
                : manifest.BundleBytes > slotBytes ? UpdateReason.TooLarge : UpdateReason.None;
        }
    }
}
