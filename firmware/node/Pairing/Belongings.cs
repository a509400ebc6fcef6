using DePin.Contracts.Identity;
using DePin.Node.Outbox;

namespace DePin.Node.Pairing
{
    /// <summary>
    /// Whose readings lie on flash. Chain and batches belong to one key: where the file "owner" names another node than the
    /// identity, they are wiped before the core starts. Written last, so that a power cut in between repeats the wiping.
    /// </summary>
    public static class Belongings
    {
        private const string Owner = "owner";

        /// <summary>To be called at every start, before the core looks at the flash.</summary>
        public static void Settle(IFlash flash, NodeId node)
        {
            byte[]? owner = flash.Read(Owner);
            bool isKnown = owner != null && owner.Length == NodeId.Size;
            if (isKnown && node.Matches(owner!, 0))
            {
                return;
            }

            if (isKnown)
            {
                Wipe(flash, true);
            }

            // Without an owner the flash is a fresh board's, or that of a node from before there was such a file.
            flash.Write(Owner, node.ToBytes());
        }

        /// <summary>Removes everything; the identity first, since that is what scrapping is about, the owner last.</summary>
        public static void Scrap(IFlash flash)
        {
            flash.Delete(IdentityFile.FileName);
            Wipe(flash, false);
            flash.Delete(Owner);
        }

        private static void Wipe(IFlash flash, bool keepsFlashed)
        {
            string[] names = flash.List();
            for (int i = 0; i < names.Length; i++)
            {
                string name = names[i];
                bool isFlashed = name == IdentityFile.FileName || name == Provisioning.FormerFileName
                    || name == SettingsFile.FileName || name == CalibrationFile.FileName;
                if (name != Owner && !(isFlashed && keepsFlashed))
                {
                    flash.Delete(name);
                }
            }
        }
    }
}
