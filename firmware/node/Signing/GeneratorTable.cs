namespace DePin.Node.Signing
{
    /// <summary>
    /// The 16 points 2^208 G +- 2^156 G +- 2^104 G +- 2^52 G +- G of a comb with five teeth, 52 bits apart: 1,152 bytes. Bit t of
    /// an index says whether 2^(52 t) G is added. A test computes them anew.
    /// </summary>
    public static class GeneratorTable
    {
        /// <summary>Points in the table.</summary>
        public const int Points = 16;

        /// <summary>Columns of the comb: bits between two teeth.</summary>
        public const int Columns = 52;

        /// <summary>
        /// The coordinates in Montgomery form: limb l of x of point i is at 16 l + i, of y at 16 (9 + l) + i. A new array each
        /// time; whoever multiplies keeps it as long as that lasts.
        /// </summary>
        public static int[] Coordinates()
        {
            return new int[]
            {
                0x1BD761, 0xB9487D0, 0x1F15DEA8, 0x94E7C91, 0x361DC92, 0x1F8D2BC0, 0xA5D603D, 0x7576F7E, 0xE318B98, 0xF9BA246, 0x117E2D68, 0x60A4146, 0xF1F708B, 0x1462E0B7, 0x45CD826, 0x1D5F9816,
                0xBE8B37, 0xECB75F0, 0x53FA255, 0xCF3373, 0xC00C0E3, 0x1F0F16C3, 0x1AD4E911, 0x1C77C503, 0x1B57B83A, 0x183EA7F5, 0x915C326, 0x18A94344, 0xE351921, 0x252179C, 0x1ACFA036, 0x7DD5027,
                0x24A60ED, 0xA412DF9, 0xB8E42D2, 0x16C57287, 0x8D3D8E7, 0x66F23AB, 0x4370D98, 0xB1E4954, 0x8D4D493, 0x1237661D, 0xB877921, 0x81CB675, 0xFF59FE7, 0x78A7849, 0x1132DA48, 0x1336DDF2,
                0x104D57EA, 0xB867946, 0xBB63124, 0x101289FD, 0x19AD301D, 0xD61EAE2, 0x1C9D4553, 0x1DDCDBC7, 0x19BC40B9, 0x1F93B187, 0x146512DE, 0x8169331, 0x70EF737, 0xB2F266D, 0x67D2B5B, 0x4104F1F,
                0x62010BD, 0x1394A3CF, 0x1539C181, 0x1340B858, 0x190FF80A, 0xA0CB268, 0xE184291, 0x9D4C352, 0x137A4A24, 0x1AB37B34, 0x70A7827, 0x17054BCE, 0x166B72ED, 0x1EE97CDD, 0x275D864, 0x1BBA47BE,
                0x126700F6, 0x13619C32, 0x1C7B79BA, 0x144ED7F4, 0x1C055702, 0x1AA4F9EB, 0x356E5D7, 0x258CCD5, 0x11655B0B, 0x7D65F44, 0x487C9A, 0xDD4F192, 0x19A2198B, 0x13346160, 0x1EC15, 0x1FF78A4D,
                0x1BEB9A4C, 0x6B77576, 0xBE8CF44, 0x1F592FD7, 0x1E1E3A8A, 0x13066502, 0xE67B0A1, 0x1F0938A8, 0x55756BC, 0x10787AE4, 0x1695F7C3, 0x12C980AA, 0xC49A436, 0xCD68366, 0x172A20D0, 0x16B464BB,
                0xA56678B, 0xD6D2594, 0x1CD51489, 0x1458FEC0, 0x77300D1, 0x19D905B7, 0x3179502, 0x189A07C6, 0x100163EA, 0xBBA53BA, 0x31901D8, 0x18052DF6, 0x151353C2, 0xA838F4F, 0x1CECE5A7, 0x134B454,
                0xFB3BCE, 0xD96D08, 0x1FFCB1, 0x206FE8, 0x5BEEF8, 0x4F08CC, 0x7C35D8, 0xD1A022, 0x356034, 0x6D4060, 0x34A25C, 0x4BD63B, 0xF8B4B, 0xAEF1AB, 0x55622A, 0xA2ACBB,
                0x19CDD455, 0x1B081DC1, 0x1A56FA5, 0x1B1C9088, 0x8138DEE, 0x12C43945, 0x1AB7AFCE, 0x1C59F49D, 0x15ECA28F, 0x7C14AF9, 0x37F0B09, 0x18CBB946, 0xD8BC3A0, 0x199EFE94, 0x1607CA61, 0x1E949BCA,
                0x1C0DD9B1, 0x87EA7BE, 0x16119B93, 0xF8A82F8, 0x995CE44, 0x6865203, 0x4DF749D, 0x5C823DC, 0xF396483, 0x142DEDB, 0x16BAC165, 0x1D4274F8, 0x3577D86, 0x58E78DA, 0x3390490, 0x16A6D578,
                0x11829EBE, 0x872AA4D, 0x85FDCDB, 0x1558BD00, 0x2B2E284, 0xF422E72, 0x565A750, 0x1D146F8A, 0x197EDED3, 0xB44E56, 0x16A427E6, 0x10E6DFF4, 0x1FE5CBE8, 0x1699C8BB, 0xA2A7B80, 0x15965127,
                0xFFD7033, 0x12679F06, 0x1EA93554, 0x402B741, 0x107879B6, 0x1D8C0308, 0x1D744849, 0x570EB5, 0x632C8CB, 0x128D4093, 0x3CC7E33, 0x1C89B27C, 0x98F46B7, 0x1F3A34BE, 0x876E9A9, 0x16C80B61,
                0x6B0A128, 0x18544E16, 0x65EF6D0, 0xB43FAD, 0x111E9959, 0x1D44D697, 0x1154AB97, 0x18AB6A0A, 0xCDD679D, 0x3415DA1, 0xF6E2EC6, 0x122F77C6, 0x11DD8C43, 0x454BB71, 0x4CF3ADC, 0x7957782,
                0xB014751, 0xBCF52F7, 0x1874494F, 0x1EB69540, 0x12A0AF65, 0x8499759, 0x1B707082, 0x66E5FED, 0x1C4302C5, 0x5C273E9, 0x17398572, 0x8566341, 0x56D3BDF, 0x17DF7063, 0x18FBB0E6, 0x19C1D3B4,
                0x17FFFC37, 0x806FD3F, 0x1005D239, 0xC91DB73, 0x1670F42E, 0xD7879D1, 0x266C53E, 0x2413D7E, 0x1B088864, 0xC9BA507, 0x6400653, 0x8755683, 0x10B505DB, 0x1AECEF9, 0x184862AD, 0x1CA83269,
                0x10E4F97F, 0xA2F1FD6, 0x2D2A1DD, 0x152EACF4, 0x182668E8, 0x1DA2F2FC, 0x62D1FCA, 0x1FDCEC0C, 0x13846D54, 0x150DEB07, 0x213B84B, 0x2FE3BE4, 0x1C817761, 0x12E2BB2C, 0x1D8DBB7C, 0x1E888020,
                0xBF049B, 0x54519A, 0x3D5938, 0xDAA44D, 0x86513A, 0xDBCD5A, 0x5A9CBA, 0xE03632, 0x4C449F, 0x833B54, 0x14E7AF, 0x8115F1, 0xBCA1EA, 0xBA8EEC, 0x360A7, 0xA490CC,
            };
        }

        /// <summary>Reads a point by looking at all of them, so that no address tells which: x and y of point <paramref name="index"/>.</summary>
        public static void Select(int[] table, int index, int[] x, int[] y)
        {
            int m0 = ((index ^ 0) - 1) >> 31;
            int m1 = ((index ^ 1) - 1) >> 31;
            int m2 = ((index ^ 2) - 1) >> 31;
            int m3 = ((index ^ 3) - 1) >> 31;
            int m4 = ((index ^ 4) - 1) >> 31;
            int m5 = ((index ^ 5) - 1) >> 31;
            int m6 = ((index ^ 6) - 1) >> 31;
            int m7 = ((index ^ 7) - 1) >> 31;
            int m8 = ((index ^ 8) - 1) >> 31;
            int m9 = ((index ^ 9) - 1) >> 31;
            int m10 = ((index ^ 10) - 1) >> 31;
            int m11 = ((index ^ 11) - 1) >> 31;
            int m12 = ((index ^ 12) - 1) >> 31;
            int m13 = ((index ^ 13) - 1) >> 31;
            int m14 = ((index ^ 14) - 1) >> 31;
            int m15 = ((index ^ 15) - 1) >> 31;
            for (int i = 0; i < 2 * FieldP.Limbs; i++)
            {
                int at = i << 4;
                int limb = table[at] & m0 | table[at + 1] & m1 | table[at + 2] & m2 | table[at + 3] & m3
                    | table[at + 4] & m4 | table[at + 5] & m5 | table[at + 6] & m6 | table[at + 7] & m7
                    | table[at + 8] & m8 | table[at + 9] & m9 | table[at + 10] & m10 | table[at + 11] & m11
                    | table[at + 12] & m12 | table[at + 13] & m13 | table[at + 14] & m14 | table[at + 15] & m15;
                if (i < FieldP.Limbs)
                {
                    x[i] = limb;
                }
                else
                {
                    y[i - FieldP.Limbs] = limb;
                }
            }
        }
    }
}
