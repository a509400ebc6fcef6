namespace DePin.Contracts
{
    /// <summary>The MQTT topics of one node: depin/1/{node id}/up/… from it, depin/1/{node id}/down/… to it.</summary>
    public static class Topics
    {
        /// <summary>The last part of the topic for signed batches.</summary>
        public const string Batch = "up/batch";

        /// <summary>The last part of the topic for signed gaps.</summary>
        public const string Gap = "up/gap";

        /// <summary>The last part of the topic for statuses and the will.</summary>
        public const string Status = "up/status";

        /// <summary>The last part of the topic for receipts.</summary>
        public const string Receipt = "down/receipt";

        /// <summary>The last part of the topic for rejects.</summary>
        public const string Reject = "down/reject";

        /// <summary>The last part of the topic for configurations.</summary>
        public const string Config = "down/config";

        /// <summary>The last part of the topic for signed answers to a pairing's challenge.</summary>
        public const string PairAnswer = "up/pair";

        /// <summary>The last part of the topic for a pairing's challenges, and how they end.</summary>
        public const string PairChallenge = "down/pair";

        /// <summary>The last part of the topic for update reports and requests for blocks.</summary>
        public const string UpdateReport = "up/update";

        /// <summary>The last part of the topic for offers of releases, what else concerns them, and blocks.</summary>
        public const string Update = "down/update";

        /// <summary>The last part of the topic for signed changes of where a node belongs.</summary>
        public const string SettingsOrder = "down/settings";

        /// <summary>The last part of the topic for a node's reports on them.</summary>
        public const string SettingsReport = "up/settings";

        /// <summary>The whole topic of a node, from one of the constants above.</summary>
        public static string Of(string nodeId, string part)
        {
            return Prefix(nodeId) + part;
        }

        /// <summary>What every topic of a node begins with.</summary>
        public static string Prefix(string nodeId)
        {
            return "depin/1/" + nodeId + "/";
        }
    }
}
