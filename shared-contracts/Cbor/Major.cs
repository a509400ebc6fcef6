namespace DePin.Contracts.Cbor
{
    /// <summary>The major types of CBOR (RFC 8949, 3.1) that our formats use.</summary>
    internal static class Major
    {
        internal const int UnsignedInteger = 0;
        internal const int NegativeInteger = 1;
        internal const int ByteString = 2;
        internal const int TextString = 3;
        internal const int Array = 4;
        internal const int Map = 5;
        internal const int Tag = 6;
    }
}
