namespace DePin.Contracts.Cbor
{
    /// <summary>Why bytes from outside were refused. A closed set; the numbers are part of the golden vectors.</summary>
    public enum DecodeError
    {
        /// <summary>Nothing was wrong.</summary>
        None = 0,

        /// <summary>The input ended inside an item.</summary>
        Truncated = 1,

        /// <summary>A head is longer than its value needs (RFC 8949, 4.2.1).</summary>
        NotShortest = 2,

        /// <summary>An indefinite length, a float, a simple value or a reserved head: none of our formats has one.</summary>
        NotAllowed = 3,

        /// <summary>Another major type than the format has at this place.</summary>
        WrongType = 4,

        /// <summary>A number outside the bounds of its field.</summary>
        OutOfRange = 5,

        /// <summary>A string or an array outside the length bounds of its field.</summary>
        WrongLength = 6,

        /// <summary>Bytes follow the end of the item.</summary>
        TrailingBytes = 7,

        /// <summary>The whole message is longer than its limit.</summary>
        TooLarge = 8,

        /// <summary>The format number is not one this version reads.</summary>
        UnknownFormat = 9,

        /// <summary>The COSE headers are not exactly the ones of FORMATS.md.</summary>
        WrongHeader = 10,

        /// <summary>r or s is zero or not below the order, or s is above half the order.</summary>
        BadSignatureForm = 11,

        /// <summary>A rule between fields is broken, such as a counter that would pass 2^53.</summary>
        Inconsistent = 12
    }
}
