using DePin.Contracts.Updates;

namespace DePin.Tests.Node.Update;

/// <summary>Makes a manifest into one that a node refuses for a given reason.</summary>
internal static class BentManifest
{
    public static void Bend(ReleaseManifest manifest, UpdateReason reason)
    {
        switch (reason)
        {
            case UpdateReason.NotOurProduct:
                manifest.Product = "toaster";
                break;
            case UpdateReason.WrongProfile:
                manifest.Profiles = [2, 3];
                break;
            case UpdateReason.LoaderTooOld:
                manifest.LoaderMin = 2;
                break;
            case UpdateReason.WrongReturn:
                manifest.ReturnsFrom = 9;
                break;
            case UpdateReason.Expired:
                manifest.ExpiresUnixSeconds = 1_700_000_000;
                break;
            case UpdateReason.HashMismatch:
                manifest.BundleSha256 = new byte[32];
                break;
        }
    }
}
